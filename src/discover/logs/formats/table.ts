import type { LogFormat } from '../traffic.ts';
import { accessJson } from './access-json.ts';
import { envoy, nginx } from './access.ts';
import { cloudflare } from './cloudflare.ts';
import { coredns } from './coredns.ts';
import { suricata } from './eve.ts';
import { squid } from './squid.ts';
import { zeek } from './zeek.ts';
import { zscaler } from './zscaler.ts';

/** Every format, those that tell themselves most surely first. */
export const FORMATS: readonly LogFormat[] = [zeek, suricata, cloudflare, zscaler, accessJson, coredns, envoy, squid, nginx];
