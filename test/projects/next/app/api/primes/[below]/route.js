// app/api/primes/[below]/route.js
import { answer, primes } from '../../../../lib/executor';

export async function GET(request, { params }) {
  const { below } = await params;
  return answer(request, primes.countPrimes(Number(below)), (count) => Response.json({ count }));
}
