/** Something that is called like a function: `dense({ units: 10 })(x)`. */
export type Call<In, Out> = (x: In) => Out;

/** Makes its instances functions that call their own method `apply`, whatever class extends it. */
class CallableObject {
  constructor() {
    // What a constructor returns becomes `this` of the derived ones, so their fields, private ones too, lie on it.
    const self = (x: unknown): unknown => (self as unknown as { apply(x: unknown): unknown }).apply(x);
    Object.setPrototypeOf(self, new.target.prototype);
    // A function's own name and length would hide those of the class.
    Reflect.deleteProperty(self, 'name');
    Reflect.deleteProperty(self, 'length');
    // biome-ignore lint/correctness/noConstructorReturn: this is how an instance of a class can be a function.
    return self;
  }
}

/** The base of classes whose instances can be called; they have a method `apply` that does what a call does. */
export const Callable = CallableObject as unknown as abstract new <In, Out>() => Call<In, Out>;
