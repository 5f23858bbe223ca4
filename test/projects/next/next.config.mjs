// next.config.mjs
export default {
  output: 'standalone',
  serverExternalPackages: ['millrace'],
  outputFileTracingIncludes: { '/api/**': ['./tasks/**'] },
};
