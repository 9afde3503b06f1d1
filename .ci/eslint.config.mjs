// The rules that ESLint recommends and a few more. Layout is not its business: lines are counted by .ci/longlines.
import js from '@eslint/js'
import globals from 'globals'

export default [
  { ignores: ['node_modules/', 'static/vendor/', 'bin/'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'array-callback-return': 'error',
      'eqeqeq': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-self-compare': 'error',
      'no-shadow': 'error',
      'no-template-curly-in-string': 'error',
      'no-throw-literal': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unreachable-loop': 'error',
      'no-useless-concat': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error'
    }
  },
  // What a reader's browser runs: nothing but what browsers have.
  { files: ['static/js/*.js'], languageOptions: { globals: globals.browser } },
  // What builds the assets and tests the pages runs in Node; the tests hand functions to a browser.
  { files: ['**/*.mjs'], languageOptions: { globals: globals.node } },
  { files: ['internal/app/browser/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } }
]
