/** The contexts of a kubeconfig, of the default ones where none is named. None where it cannot be read. */
export async function contextNames(file?: string): Promise<readonly string[]> {
  const { KubeConfig } = await import('./credentials.ts');
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch {
    // Only a shell's completion asks, and it has nothing to say to anybody.
    return [];
  }
  return config.contexts.map(({ name }) => name).filter((name) => name !== 'loaded-context');
}
