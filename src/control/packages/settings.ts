import { PACKAGES_SHAPE } from '../../registry/package-shape.ts';
import { installationSetting } from '../manifest/installation.ts';

const SETTING = installationSetting('packages', PACKAGES_SHAPE);

/** Where packages come from. */
export const readPackages = SETTING.read;
/** The installation's: the store of packages is everybody's. */
export const writePackages = SETTING.write;
