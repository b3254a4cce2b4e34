import { erfOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';

describeOp(erfOp);
