// For the test: what the executor of this process has done so far.
export const dynamic = 'force-dynamic';

export function GET() {
  return Response.json(globalThis.millraceGate?.executor.stats().submitted ?? 0);
}
