import { expect, test } from 'bun:test';
import type { SpaceDetect } from '../domain/detect.ts';
import type { Detector } from '../domain/detector.ts';
import { detectorsAt } from './configured.ts';

const ALL: readonly Detector[] = ['secrets', 'health', 'cost'].map((id) => ({ id, facets: ['result'], detect: () => [] }));
const SPACE: SpaceDetect = {
  detectors: { health: 'shadow', cost: 'off' }, onFailure: 'permit',
  servers: { strict: { detectors: { cost: 'on' }, onFailure: 'refuse' }, bare: { detectors: { secrets: 'off' } } },
};

function at(settings: SpaceDetect, server: string): readonly string[] {
  return detectorsAt(ALL, settings, server).map(({ id, shadow, failure }) => `${id} ${shadow === true ? 'shadow' : 'on'} ${failure ?? ''}`);
}

test('what a space says holds for its servers, and what a server says goes before it; unsaid, all look and a failure refuses', () => {
  expect(at({}, 'any')).toEqual(['secrets on closed', 'health on closed', 'cost on closed']);
  expect(at(SPACE, 'any')).toEqual(['secrets on open', 'health shadow open']);
  expect(at(SPACE, 'strict')).toEqual(['secrets on closed', 'health shadow closed', 'cost on closed']);
  expect(at(SPACE, 'bare')).toEqual(['health shadow open']);
});
