import { expm1Op } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';

describeOp(expm1Op);
