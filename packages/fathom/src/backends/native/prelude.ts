const VECTOR_ALU = `
typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int vi __attribute__((vector_size(4 * LANES)));
typedef unsigned vu __attribute__((vector_size(4 * LANES)));
typedef float vf_any __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int vi_any __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef __UINTPTR_TYPE__ address;
#define ALU static inline __attribute__((always_inline))

#if LANES == 16
typedef unsigned short vb;
#define ALL ((vb)-1)
#if defined(__clang__) || defined(FATHOM_HEADERS)
#include <immintrin.h>
ALU vf fma_(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
ALU vf max_(vf a, vf b) { return (vf)_mm512_max_ps((__m512)b, (__m512)a); }
ALU vf min_(vf a, vf b) { return (vf)_mm512_min_ps((__m512)b, (__m512)a); }
ALU vf sqrt_(vf a) { return (vf)_mm512_sqrt_ps((__m512)a); }
ALU vf floor_(vf a) { return (vf)_mm512_roundscale_ps((__m512)a, 9); }
ALU vi cut_(vf a) { return (vi)_mm512_cvttps_epi32((__m512)a); }
ALU vf select_f(vb m, vf a, vf b) { return (vf)_mm512_mask_blend_ps(m, (__m512)b, (__m512)a); }
ALU vi select_i(vb m, vi a, vi b) { return (vi)_mm512_mask_blend_epi32(m, (__m512i)b, (__m512i)a); }
ALU void put_part(void *p, vf v, int n) { _mm512_mask_storeu_ps(p, (vb)((1u << n) - 1), (__m512)v); }
#define COMPARE_F(a, b, how) _mm512_cmp_ps_mask((__m512)(a), (__m512)(b), how)
#define COMPARE_I(a, b, how) _mm512_cmp_epi32_mask((__m512i)(a), (__m512i)(b), how)
#else
#define fma_(a, b, c) ((vf)__builtin_ia32_vfmaddps512_mask(a, b, c, ALL, 4))
ALU vf max_(vf a, vf b) { return __builtin_ia32_maxps512_mask(b, a, a, ALL, 4); }
ALU vf min_(vf a, vf b) { return __builtin_ia32_minps512_mask(b, a, a, ALL, 4); }
ALU vf sqrt_(vf a) { return __builtin_ia32_sqrtps512_mask(a, a, ALL, 4); }
ALU vf floor_(vf a) { return __builtin_ia32_rndscaleps_mask(a, 9, a, ALL, 4); }
ALU vi cut_(vf a) { return __builtin_ia32_cvttps2dq512_mask(a, (vi){0}, ALL, 4); }
ALU vf select_f(vb m, vf a, vf b) { return __builtin_ia32_blendmps_512_mask(b, a, m); }
ALU vi select_i(vb m, vi a, vi b) { return __builtin_ia32_blendmd_512_mask(b, a, m); }
ALU void put_part(void *p, vf v, int n) { __builtin_ia32_storeups512_mask(p, v, (vb)((1u << n) - 1)); }
#define COMPARE_F(a, b, how) __builtin_ia32_cmpps512_mask(a, b, how, ALL, 4)
#define COMPARE_I(a, b, how) __builtin_ia32_cmpd512_mask(a, b, how, ALL)
#endif
ALU vb eq_f(vf a, vf b) { return COMPARE_F(a, b, 0x00); }
ALU vb lt_f(vf a, vf b) { return COMPARE_F(a, b, 0x11); }
ALU vb le_f(vf a, vf b) { return COMPARE_F(a, b, 0x12); }
ALU vb eq_i(vi a, vi b) { return COMPARE_I(a, b, 0); }
ALU vb lt_i(vi a, vi b) { return COMPARE_I(a, b, 1); }
ALU vb le_i(vi a, vi b) { return COMPARE_I(a, b, 2); }
ALU vb truth(int on) { return on ? ALL : 0; }
#else
typedef vi vb;
typedef long long vl __attribute__((vector_size(4 * LANES)));
/* In pieces of 4, 2 and 1 lanes: AVX2's masked store takes as long as a dozen others on some machines. */
ALU void put_part(void *p, vf v, int n) {
  char *to = p;
  if (n & 4) __builtin_memcpy(to, &v, 16);
  if (n & 2) {
    long long pair = ((vl)v)[n / 4 * 2];
    __builtin_memcpy(to + n / 4 * 16, &pair, 8);
  }
  if (n & 1) __builtin_memcpy(to + 4 * (n - 1), &(float){v[n - 1]}, 4);
}
ALU vb eq_f(vf a, vf b) { return (vb)(a == b); }
ALU vb lt_f(vf a, vf b) { return (vb)(a < b); }
ALU vb le_f(vf a, vf b) { return (vb)(a <= b); }
ALU vb eq_i(vi a, vi b) { return (vb)(a == b); }
ALU vb lt_i(vi a, vi b) { return (vb)(a < b); }
ALU vb le_i(vi a, vi b) { return (vb)(a <= b); }
ALU vb truth(int on) { return (vb){0} - on; }
ALU vi select_i(vb m, vi a, vi b) { return (m & a) | (~m & b); }
#if LANES == 8
#if defined(__clang__) || defined(FATHOM_HEADERS)
#include <immintrin.h>
ALU vf fma_(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
ALU vf max_(vf a, vf b) { return (vf)_mm256_max_ps((__m256)b, (__m256)a); }
ALU vf min_(vf a, vf b) { return (vf)_mm256_min_ps((__m256)b, (__m256)a); }
ALU vf sqrt_(vf a) { return (vf)_mm256_sqrt_ps((__m256)a); }
ALU vf floor_(vf a) { return (vf)_mm256_round_ps((__m256)a, 9); }
ALU vi cut_(vf a) { return (vi)_mm256_cvttps_epi32((__m256)a); }
ALU vf select_f(vb m, vf a, vf b) { return (vf)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)m); }
#else
#define fma_(a, b, c) ((vf)__builtin_ia32_vfmaddps256(a, b, c))
ALU vf max_(vf a, vf b) { return __builtin_ia32_maxps256(b, a); }
ALU vf min_(vf a, vf b) { return __builtin_ia32_minps256(b, a); }
ALU vf sqrt_(vf a) { return __builtin_ia32_sqrtps256(a); }
ALU vf floor_(vf a) { return __builtin_ia32_roundps256(a, 9); }
ALU vi cut_(vf a) { return __builtin_ia32_cvttps2dq256(a); }
ALU vf select_f(vb m, vf a, vf b) { return __builtin_ia32_blendvps256(b, a, (vf)m); }
#endif
#else
ALU vf select_f(vb m, vf a, vf b) { return (vf)((m & (vi)a) | (~m & (vi)b)); }
ALU vf max_(vf a, vf b) { return select_f(a < b, b, a); }
ALU vf min_(vf a, vf b) { return select_f(b < a, b, a); }
#if defined(__aarch64__)
#include <arm_neon.h>
ALU vf fma_(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
ALU vf sqrt_(vf a) { return (vf)vsqrtq_f32((float32x4_t)a); }
ALU vf floor_(vf a) { return (vf)vrndmq_f32((float32x4_t)a); }
ALU vi cut_(vf a) { return (vi)vcvtq_s32_f32((float32x4_t)a); }
#else
ALU vf fma_(vf a, vf b, vf c) { return a * b + c; }
ALU vf sqrt_(vf a) { for (int i = 0; i < LANES; i++) a[i] = __builtin_sqrtf(a[i]); return a; }
ALU vf floor_(vf a) { for (int i = 0; i < LANES; i++) a[i] = __builtin_floorf(a[i]); return a; }
ALU vi cut_(vf a) {
  vi r = {0};
  for (int i = 0; i < LANES; i++) r[i] = a[i] > -2147483648.0f && a[i] < 2147483648.0f ? (int)a[i] : -2147483647 - 1;
  return r;
}
#endif
#endif
#endif

#if LANES == 16
#define LANE_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#elif LANES == 8
#define LANE_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7
#else
#define LANE_NUMBERS 0, 1, 2, 3
#endif
/* One number and a vector: C repeats the number, and x - 0 is x, whatever x is. */
#define splat_f(x) ((float)(x) - (vf){0})
#define splat_i(x) ((int)(x) - (vi){0})
ALU vi ramp(int from, int step) {
  return (vi)((vu)splat_i(from) + (vu)(vi){LANE_NUMBERS} * (vu)splat_i(step));
}

#define get_f(p) ((vf)*(const vf_any *)(p))
#define get_i(p) ((vi)*(const vi_any *)(p))
ALU int word(const float *p) { int x; __builtin_memcpy(&x, p, 4); return x; }
#define put_f(p, v) (void)(*(vf_any *)(p) = (v))
#define put_i(p, v) (void)(*(vi_any *)(p) = (v))
ALU void put_part_i(float *p, vi v, int n) { put_part(p, (vf)v, n); }
ALU void put_lane_f(float *p, vf v, int lane) { *p = v[lane]; }
ALU void put_lane_i(float *p, vi v, int lane) { int x = v[lane]; __builtin_memcpy(p, &x, 4); }

#define add_f(a, b) ((a) + (b))
#define sub_f(a, b) ((a) - (b))
#define mul_f(a, b) ((a) * (b))
#define div_f(a, b) ((a) / (b))
#define max_f max_
#define min_f min_
ALU vf neg_f(vf a) { return (vf)((vi)a ^ splat_i(-2147483647 - 1)); }
ALU vf abs_f(vf a) { return (vf)((vi)a & splat_i(2147483647)); }
#define sqrt_f sqrt_
#define floor_f floor_
ALU vi add_i(vi a, vi b) { return (vi)((vu)a + (vu)b); }
ALU vi sub_i(vi a, vi b) { return (vi)((vu)a - (vu)b); }
ALU vi mul_i(vi a, vi b) { return (vi)((vu)a * (vu)b); }
ALU vi max_i(vi a, vi b) { return select_i(lt_i(a, b), b, a); }
ALU vi min_i(vi a, vi b) { return select_i(lt_i(b, a), b, a); }
ALU vi neg_i(vi a) { return (vi)((vu){0} - (vu)a); }
ALU vi abs_i(vi a) { return max_i(a, neg_i(a)); }
ALU vi and_i(vi a, vi b) { return a & b; }
ALU vi or_i(vi a, vi b) { return a | b; }
ALU vi xor_i(vi a, vi b) { return a ^ b; }
ALU vi not_i(vi a) { return ~a; }
ALU vi shl_i(vi a, int n) { return (vi)((vu)a << n); }
ALU vi shr_i(vi a, int n) { return (vi)((vu)a >> n); }
ALU vb and_b(vb a, vb b) { return a & b; }
ALU vb or_b(vb a, vb b) { return a | b; }
ALU vb xor_b(vb a, vb b) { return a ^ b; }
ALU vb eq_b(vb a, vb b) { return ~(a ^ b); }
ALU vb not_b(vb a) { return ~a; }
ALU vb select_b(vb m, vb a, vb b) { return (m & a) | (~m & b); }
ALU vi ones(vb a) { return select_i(a, splat_i(1), splat_i(0)); }
ALU vb truths(vi a) { return not_b(eq_i(a, splat_i(0))); }
ALU vf to_float(vi a) { return __builtin_convertvector(a, vf); }
/* Saturates, and makes 0 of what is no number; the machine's own conversion gives the lowest integer for both. */
ALU vi to_int(vf a) {
  vi high = select_i(le_f(splat_f(2147483648.0f), a), splat_i(2147483647), cut_(a));
  return select_i(eq_f(a, a), high, splat_i(0));
}

#ifdef __clang__
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
#endif
`;

/**
 * For rows a and b of a matrix that are `size` rows apart: `swap_size(a, b)` exchanges the blocks of so many lanes that
 * lie across the diagonal. All of these, for sizes 1, 2, 4 and so on, transpose a square.
 */
function swaps(lanes: number): string {
  const lines = [`#if LANES == ${lanes}`];
  for (let size = 1; size < lanes; size *= 2) {
    const numbers = Array.from({ length: lanes }, (_, lane) => lane);
    const low = numbers.map((lane) => (lane & size ? lanes + lane - size : lane));
    const high = numbers.map((lane) => (lane & size ? lanes + lane : lane + size));
    lines.push(
      `#define swap_${size}(a, b) do { __typeof__(a) low = PICK(a, b, ${low}); b = PICK(a, b, ${high}); a = low; } while (0)`,
    );
  }
  return [...lines, '#endif', ''].join('\n');
}

/**
 * The scalar ALU over vectors, in C for GCC and Clang: the first part of every program. `LANES` is defined before it.
 *
 * Vectors are the compilers' own (`vector_size`); what these have no operator for is an intrinsic of the machine or, on
 * machines not named here, a loop over lanes. GCC's header of intrinsics takes 0.1 s to read, so with GCC the few that
 * are used are spelled by its builtins; `FATHOM_HEADERS` asks for the header, should a GCC have them under other names.
 *
 * A truth is a bit of a mask register where there are such (AVX-512) and all bits of a lane elsewhere.
 */
export const PRELUDE = [VECTOR_ALU, ...[16, 8, 4].map(swaps)].join('');
