import { log1pOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';

describeOp(log1pOp);
