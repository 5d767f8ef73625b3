const advice =
  'Take a Clock and ask its now(): only src/clock.ts tells the time, so that tests can. For a deadline take performance.now().';

/** Reports `Date.now()` and `new Date()`; `new Date(value)` converts and is fine. */
export const oneClock = {
  create(context) {
    return {
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) context.report({ node, message: advice });
      },
      MemberExpression(node) {
        if (node.object.name === 'Date' && node.property.name === 'now') context.report({ node, message: advice });
      },
    };
  },
};
