export default function Page() {
  return <p>primes</p>;
}
