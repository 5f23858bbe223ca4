import { subpaths } from '../subpaths.mjs';
import { readyMadeModules } from '../thread-modules.mjs';

export default {
  entryPoints: [...subpaths.map(({ module }) => module), ...readyMadeModules].map(
    (module) => `../src/${module}.ts`,
  ),
  tsconfig: 'tsconfig.json',
  plugin: ['typedoc-plugin-markdown'],
  out: '.generated/reference/api',
  name: 'Millrace',
  readme: 'none',
  router: 'module',
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  skipErrorChecking: true,
  sanitizeComments: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  expandObjects: false,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'list',
  validation: {
    notExported: false,
    invalidLink: true,
  },
  basePath: '../src',
};
