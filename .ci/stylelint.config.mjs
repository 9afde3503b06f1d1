// What stylelint's standard for SCSS holds. Classes are named in blocks, elements and modifiers (app-call__table--dense), as
// those of nhsuk-frontend are; ours carry the prefix app-.
const bem = '^(?:app|nhsuk)-[a-z0-9]+(?:-[a-z0-9]+)*(?:__[a-z0-9]+(?:-[a-z0-9]+)*)?(?:--[a-z0-9]+(?:-[a-z0-9]+)*)?$'

export default {
  extends: 'stylelint-config-standard-scss',
  reportNeedlessDisables: true,
  rules: {
    // Hospitals have browsers that do not know width <= 40em.
    'media-feature-range-notation': 'prefix',
    'selector-class-pattern': [bem, { message: (name) => `${name} is not app-block__element--modifier` }]
  }
}
