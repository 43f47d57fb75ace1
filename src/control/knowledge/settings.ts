import { KNOWLEDGE_SHAPE } from '../../registry/knowledge-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('knowledge', KNOWLEDGE_SHAPE);

/** Whose bundles are believed. */
export const readKnowledgeSettings = SETTING.read;
/** The installation's: what is known is known in every space. */
export const writeKnowledgeSettings = SETTING.write;
