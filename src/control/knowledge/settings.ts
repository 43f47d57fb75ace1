import { installationReader } from '../manifest/installation.ts';

/** Whose bundles are believed. */
export const readKnowledgeSettings = installationReader('knowledge');
