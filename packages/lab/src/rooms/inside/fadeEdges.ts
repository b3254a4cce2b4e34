/**
 * Tells by `data-more` in which directions there is more to scroll to, `left`, `right` or both, so that the edges can be
 * drawn faded; an attachment of Svelte's.
 */
export function fadeEdges(element: HTMLElement): () => void {
  const tell = () => {
    const { scrollLeft, clientWidth, scrollWidth } = element;
    const sides = [
      ...(scrollLeft > 1 ? ['left'] : []),
      ...(scrollLeft + clientWidth < scrollWidth - 1 ? ['right'] : []),
    ];
    element.dataset.more = sides.join(' ');
  };
  tell();
  element.addEventListener('scroll', tell, { passive: true });
  const sizes = new ResizeObserver(tell);
  const watch = () => {
    sizes.disconnect();
    for (const one of [element, ...element.children]) sizes.observe(one);
  };
  watch();
  const contents = new MutationObserver(watch);
  contents.observe(element, { childList: true });
  return () => {
    element.removeEventListener('scroll', tell);
    sizes.disconnect();
    contents.disconnect();
  };
}
