/** An image as a container engine has it once it is unpacked. */
export interface UnpackedImage {
  /** The folder that holds its root file system. */
  readonly root: string;
  /** The whole environment, each as `NAME=value`. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
}

/** Root as the DaemonSet has it: without a right but NET_ADMIN, and no way to get one back. */
export const asAgent = [
  ...['/usr/bin/setpriv', '--no-new-privs', '--bounding-set=-all,+net_admin', '--inh-caps=-all'],
];

/** The user that the image names, without any right. */
export const asNobody = [
  ...['/usr/bin/setpriv', '--reuid=65532', '--regid=65532', '--clear-groups'],
  ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
];

/** The command that runs another one inside the image; for a mount namespace of its own. */
export function inImage({ root, env }: UnpackedImage, argv: readonly string[]): readonly string[] {
  return ['env', '-i', ...env, 'sh', `${import.meta.dirname}/image-root.sh`, root, ...argv];
}
