import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface AccessOptions {
  /** Admits a viewer from any machine. */
  readonly token?: string | undefined;
  /** Host names of the server, besides those of the loopback interface. */
  readonly hosts?: readonly string[] | undefined;
}

/** Whether a request is admitted. `cookie`: the request has shown the token, and gets a cookie in its place. */
export type Access =
  | { readonly allowed: true; readonly cookie?: string }
  | { readonly allowed: false; readonly status: 401 | 403; readonly why: string };

const cookieName = 'millrace-inspector';

/** Headers that a proxy adds: behind a proxy every address is the loopback's. */
const forwarding = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
  'fly-client-ip',
];

/**
 * Decides which requests are admitted.
 *
 * - The requested host must be the loopback's or one of `hosts`: a page on the web may make its own name point here (DNS rebinding).
 *   An origin, if present, must be that host.
 * - Without a token, the request must come from a loopback address, and not through a proxy. With a token, it must show the token or
 *   its cookie.
 */
export class AccessControl {
  readonly #token: string | undefined;
  readonly #hosts: ReadonlySet<string>;
  /** Key of the cookie, which does not reveal the token. */
  readonly #secret = randomBytes(32);

  constructor({ token, hosts = [] }: AccessOptions) {
    this.#token = token;
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
  }

  check(request: IncomingMessage, query: URLSearchParams): Access {
    const { host = request.headers[':authority'], origin } = request.headers;
    const asked = hostOf(host?.toString());
    if (asked === undefined || !(isLoopbackName(asked.name) || this.#knows(asked))) {
      return refused('the option hosts of the inspector does not list this host');
    }
    if (origin !== undefined && !this.#isOwn(origin, asked))
      return refused('the request has a foreign origin');
    if (this.#token === undefined) {
      if (forwarding.some((name) => request.headers[name] !== undefined)) {
        return refused('behind a proxy the inspector needs a token');
      }
      if (!isLoopbackAddress(request.socket?.remoteAddress)) {
        return refused('from other machines the inspector needs a token');
      }
      return { allowed: true };
    }
    if (this.#equal(cookieOf(request), this.#cookie(this.#token))) return { allowed: true };
    const shown = query.get('token') ?? bearerOf(request);
    if (shown === undefined)
      return { allowed: false, status: 401, why: 'the inspector needs its token: ?token=…' };
    if (!this.#equal(shown, this.#token)) return refused('the token is wrong');
    const secure =
      (request.socket as { encrypted?: boolean } | undefined)?.encrypted === true ? '; Secure' : '';
    const cookie = `${cookieName}=${this.#cookie(this.#token)}; HttpOnly; SameSite=Strict; Path=/${secure}`;
    return { allowed: true, cookie };
  }

  #knows({ name, port }: Host): boolean {
    return this.#hosts.has(name) || this.#hosts.has(`${name}:${port}`);
  }

  #isOwn(origin: string, asked: Host): boolean {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    const own = hostOf(host);
    if (own === undefined || !/^https?:$/.test(protocol)) return false;
    return own.name === asked.name && (own.port === asked.port || own.port === '' || asked.port === '');
  }

  #cookie(token: string): string {
    return createHmac('sha256', this.#secret).update(token).digest('hex');
  }

  /** Compares in a time that reveals neither the position of a difference nor the lengths. */
  #equal(one: string | undefined, other: string): boolean {
    const digest = (text: string) => createHmac('sha256', this.#secret).update(text).digest();
    return one !== undefined && timingSafeEqual(digest(one), digest(other));
  }
}

interface Host {
  readonly name: string;
  /** Empty for the default port of the scheme. */
  readonly port: string;
}

/** Parses a host. Undefined for a missing or malformed header, which matches no host. */
function hostOf(header: string | undefined): Host | undefined {
  const [, name, port = ''] = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(header ?? '') ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase().replace(/\.$/, ''), port };
}

function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(name)
  );
}

export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/i.test(address);
}

function cookieOf({ headers }: IncomingMessage): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === cookieName) return value;
  }
  return undefined;
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
}

const refused = (why: string): Access => ({ allowed: false, status: 403, why });
