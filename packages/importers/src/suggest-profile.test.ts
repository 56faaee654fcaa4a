import { describe, expect, it } from 'vitest';
import { suggestProfile } from './suggest-profile.ts';

describe('the profile for a kernel version', () => {
  it.each([
    ['6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0)', 'linux-6.1', true],
    ['Linux version 4.4.144 (a@b)', 'linux-4.4', true],
    ['4.14.5', 'linux-4.14', true],
    ['6.12.117+deb13-amd64', 'linux-6.12', true],
    ['4.9.88', 'linux-4.4', false],
    ['5.10.0-30-amd64', 'linux-4.19', false],
    ['6.6.1', 'linux-6.1', false],
    ['7.0.0-rc1', 'linux-6.12', false],
    ['4.0.5', 'linux-4.4', false],
    ['', 'linux-6.1', false],
  ])('%s is %s', (version, profile, exact) => {
    expect(suggestProfile(version)).toMatchObject({ profile, exact });
  });
});
