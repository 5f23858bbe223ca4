/** A task module of a consumer's own. */
export function area(width: number, height: number): number {
  return width * height;
}

export async function greet(name: string): Promise<string> {
  return `hello ${name}`;
}
