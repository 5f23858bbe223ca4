/**
 * An optional peer dependency, when it is first needed.
 *
 * @throws {Error} with `code` `'ERR_PEER_MISSING'` that says how to install it.
 */
export async function loadPeer<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (cause) {
    const message = `millrace/metrics needs the package ${name} for this: npm install ${name}`;
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_PEER_MISSING' });
  }
}
