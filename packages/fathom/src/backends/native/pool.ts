/**
 * How long a thread looks at a word before it sleeps, in nanoseconds. Waking a sleeper takes some 50 µs, many times a
 * barrier's own; but where others want the processors too, a thread that looks for long keeps the very one from running
 * that it waits for. So each learns from its last wait: was it shorter than the longest look, it looks twice as long the
 * next time, otherwise half as long. Between jobs a batch of data is checked and copied.
 */
const SHORTEST_LOOK = 5_000;
const LONGEST_LOOK = { within: 100_000, between: 300_000 };

/**
 * The threads that share programs, in C: compiled once, loaded once a process. Threads 1 … n−1 are the pool's; the
 * caller of `pool_run` is thread 0.
 *
 * A word counts jobs. Threads watch it, then sleep on it; `pool_run` sets the job, counts, takes part, and returns when
 * no thread is in the program any more, so that it may be unloaded. In a job, `pool_meet` lets all threads wait for each
 * other: the last to come resets the count and raises the generation.
 * A sleeper is counted before it looks for the last time, and a waker changes the word before it looks for sleepers, so
 * that one of the two always sees the other.
 */
export const POOL_SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#define EXPORT __attribute__((visibility("default")))
#define LINE __attribute__((aligned(64)))
#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() __asm__ volatile("yield")
#endif

struct word {
  LINE unsigned value;
  int sleepers;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
};

struct pool {
  struct word job, done, generation;
  LINE int working;
  LINE int arrived;
  long longest_within, longest_between;
  int threads, stopping;
  void (*run)(const void *, long);
  const void *context;
  pthread_t *ids;
};

struct start { struct pool *pool; long thread; };

#define SHORTEST ${SHORTEST_LOOK}L
/* For the next job, and in one. */
static _Thread_local long between = SHORTEST, within = SHORTEST;

static unsigned look(struct word *w) { return __atomic_load_n(&w->value, __ATOMIC_SEQ_CST); }

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void await_change(struct word *w, unsigned seen, long *patience, long longest) {
  for (int i = 0; i < 64; i++) {
    if (look(w) != seen) return;
    PAUSE();
  }
  const long start = now();
  long waited = 0;
  while (look(w) == seen && waited < *patience) {
    for (int i = 0; i < 16 && look(w) == seen; i++) PAUSE();
    waited = now() - start;
  }
  if (look(w) == seen) {
    pthread_mutex_lock(&w->mutex);
    __atomic_add_fetch(&w->sleepers, 1, __ATOMIC_SEQ_CST);
    while (look(w) == seen) pthread_cond_wait(&w->changed, &w->mutex);
    __atomic_sub_fetch(&w->sleepers, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&w->mutex);
    waited = now() - start;
  }
  *patience = waited < longest ? *patience * 2 : *patience / 2;
  if (*patience > longest) *patience = longest;
  if (*patience < SHORTEST) *patience = SHORTEST;
}

static void raise(struct word *w) {
  __atomic_add_fetch(&w->value, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&w->sleepers, __ATOMIC_SEQ_CST) == 0) return;
  pthread_mutex_lock(&w->mutex);
  pthread_cond_broadcast(&w->changed);
  pthread_mutex_unlock(&w->mutex);
}

static void *work(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  struct pool *pool = start.pool;
  for (unsigned seen = 0;; seen++) {
    await_change(&pool->job, seen, &between, pool->longest_between);
    if (pool->stopping) return NULL;
    pool->run(pool->context, start.thread);
    if (__atomic_sub_fetch(&pool->working, 1, __ATOMIC_SEQ_CST) == 0) raise(&pool->done);
  }
}

EXPORT void pool_meet(void *p) {
  struct pool *pool = p;
  unsigned seen = look(&pool->generation);
  if (__atomic_add_fetch(&pool->arrived, 1, __ATOMIC_SEQ_CST) < pool->threads) {
    await_change(&pool->generation, seen, &within, pool->longest_within);
    return;
  }
  pool->arrived = 0;
  raise(&pool->generation);
}

EXPORT void pool_run(void *p, void *run, const void *context) {
  struct pool *pool = p;
  pool->run = (void (*)(const void *, long))run;
  pool->context = context;
  pool->working = pool->threads - 1;
  unsigned seen = look(&pool->done);
  raise(&pool->job);
  pool->run(context, 0);
  await_change(&pool->done, seen, &within, pool->longest_within);
}

EXPORT void pool_stop(void *p) {
  struct pool *pool = p;
  pool->stopping = 1;
  raise(&pool->job);
  for (int i = 0; i < pool->threads - 1; i++) pthread_join(pool->ids[i], NULL);
  free(pool->ids);
  free(pool);
}

/* Where more threads than processors take part, a thread that only looks keeps another from its work. */
EXPORT void *pool_start(int threads, int processors) {
  struct pool *pool;
  /* Threads live in this code to the end of the process, also after its loader has closed it. */
  Dl_info self;
  if (!dladdr((void *)pool_start, &self) || !dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE)) return NULL;
  if (posix_memalign((void **)&pool, 64, sizeof *pool) != 0) return NULL;
  *pool = (struct pool){0};
  struct word *words[] = {&pool->job, &pool->done, &pool->generation};
  for (int i = 0; i < 3; i++) {
    pthread_mutex_init(&words[i]->mutex, NULL);
    pthread_cond_init(&words[i]->changed, NULL);
  }
  pool->ids = calloc(threads, sizeof *pool->ids);
  pool->threads = 1;
  pool->longest_within = threads <= processors ? ${LONGEST_LOOK.within}L : SHORTEST;
  pool->longest_between = threads <= processors ? ${LONGEST_LOOK.between}L : SHORTEST;
  for (long thread = 1; pool->ids && thread < threads; thread++) {
    struct start *start = malloc(sizeof *start);
    if (!start) break;
    *start = (struct start){pool, thread};
    if (pthread_create(&pool->ids[thread - 1], NULL, work, start) != 0) {
      free(start);
      break;
    }
    pool->threads++;
  }
  return pool;
}

/* The exponent of what is no finite number is all ones; one more, and it carries into the sign. */
EXPORT int all_finite(const void *p, unsigned long count) {
  typedef unsigned lanes __attribute__((vector_size(64), aligned(4), may_alias));
  typedef unsigned sum __attribute__((vector_size(64)));
  const unsigned long whole = count / 32 * 32;
  const unsigned *v = p;
  sum a = {0}, b = {0};
  for (unsigned long i = 0; i < whole; i += 32) {
    a |= (sum)((*(const lanes *)(v + i) & 0x7fffffffu) + 0x00800000u);
    b |= (sum)((*(const lanes *)(v + i + 16) & 0x7fffffffu) + 0x00800000u);
  }
  a |= b;
  unsigned signs = 0;
  for (int lane = 0; lane < 16; lane++) signs |= a[lane];
  for (unsigned long i = whole; i < count; i++) {
    unsigned bits;
    __builtin_memcpy(&bits, v + i, 4);
    signs |= (bits & 0x7fffffffu) + 0x00800000u;
  }
  return signs >> 31 == 0;
}

EXPORT long pool_threads(void *p) { return ((struct pool *)p)->threads; }
/* Where memory is that nobody has touched yet. Large blocks get large pages, where the system gives them when asked. */
EXPORT unsigned long long address_of(void *p, unsigned long bytes) {
#if defined(MADV_HUGEPAGE)
  const uintptr_t large = 1 << 21, first = ((uintptr_t)p + large - 1) / large * large;
  const uintptr_t end = ((uintptr_t)p + bytes) / large * large;
  if (first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);
#endif
  return (unsigned long long)p;
}
EXPORT unsigned long meet_address(void) { return (unsigned long)pool_meet; }
`;
