import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** The page with its script and its styles in one file, and the hashes of these as a policy names them; the build puts it here. */
declare const inspectorPage: { readonly html: string; readonly script: string; readonly style: string };

interface BuiltPage {
  readonly html: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
  /** Content-Security-Policy: the page loads nothing from elsewhere, runs only its own script, and turns no text into markup. */
  readonly policy: string;
}

let built: BuiltPage | undefined;

/** The page, built at the first request. */
export function page(): BuiltPage {
  if (built !== undefined) return built;
  const { html, script, style } = inspectorPage;
  const whole = Buffer.from(html);
  const policy = [
    "default-src 'none'",
    `script-src '${script}'`,
    `style-src '${style}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return (built = { html: whole, gzipped: gzipSync(whole, { level: 9 }), etag: `"${hash(html)}"`, policy });
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
