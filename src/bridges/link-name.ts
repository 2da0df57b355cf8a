export { isLinkName } from '../site/index.js';
