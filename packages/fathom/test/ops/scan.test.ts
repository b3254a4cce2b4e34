import { scanOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';

describeOp(scanOp);
