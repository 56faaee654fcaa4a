import { defaultProfileName, profile, profileNames } from '@kwind/x86';

export interface ProfileSuggestion {
  readonly profile: string;
  /** `6.1`, or '' when no version was found. */
  readonly series: string;
  /** False when the profile is of another series: the nearest one that is not newer, else the oldest. */
  readonly exact: boolean;
}

const rank = (series: string): number => {
  const [major, minor] = series.split('.').map(Number);
  return major! * 1000 + minor!;
};
/** The book's build is chosen by name only. */
const candidates = profileNames
  .filter((name) => /^linux-\d+\.\d+$/.test(name))
  .map((name) => ({ name, rank: rank(profile(name).kernel) }));

/**
 * The profile for a kernel version: `6.1.0-56-amd64 (debian-kernel@…) …` or just its number.
 * Without a version in it, the default profile, and `exact` is false.
 */
export function suggestProfile(version: string): ProfileSuggestion {
  const series = /(?:^|\s)v?(\d{1,3}\.\d{1,3})(?=[.\s-]|$)/.exec(version)?.[1];
  if (series === undefined) return { profile: defaultProfileName, series: '', exact: false };
  const wanted = rank(series);
  const sorted = candidates.toSorted((a, b) => a.rank - b.rank);
  const nearest = sorted.findLast((candidate) => candidate.rank <= wanted) ?? sorted[0];
  return { profile: nearest?.name ?? defaultProfileName, series, exact: nearest?.rank === wanted };
}
