import { adam, schedules } from 'fathom';

/** Adam whose rate rises for a fifth of the run and falls for the rest; evaluation uses the mean of the weights. */
export function oneCycleAdam({ samples, batchSize, epochs, highest }) {
  const steps = epochs * Math.ceil(samples / batchSize);
  return adam({
    learningRate: schedules.oneCycle({ maxLearningRate: highest, totalSteps: steps, warmupShare: 0.2 }),
    useEma: true,
    emaMomentum: 0.998,
  });
}
