// Package relax lets the activities of a predictive-coding network settle: it descends
// an energy E(x) until a fixed number of steps is done or a convergence test holds. It
// depends on neither graphs nor layers, so everything in it can be tested on a bowl in
// the plane.
//
// Five concepts are independent of one another and are combined by [Settings]:
//
//   - [Problem]: an energy of activities with its gradient. A [Descender] or
//     [Mover] also evaluates and steps in one pass, which a compiled engine can fuse; a
//     [Compactor] goes on with the samples that have not converged.
//   - [Solver]: how the activities move, given their gradient: [Euler], [Momentum],
//     [Adam], [Heun], [RK4], [LBFGS], [ConjugateGradient], [Anderson], and [Langevin],
//     which samples.
//   - [Control]: the size of the next step: [Constant], [Discount] (the paper's),
//     [Armijo] (backtracking, so that the energy never rises), [PID] (by the error
//     of the step).
//   - [Converger]: when to stop before the step limit: [GradientNorm], [EnergyGap],
//     which bounds the remaining decrease of the energy, and [RelativeGap], which bounds
//     it as a fraction of the energy.
//   - [Recorder]: the states that are recorded: [Trace].
//
// [Run] does one relaxation. A training loop relaxes the same problem once per batch
// and keeps a [Driver], which allocates only in [NewDriver].
//
// # Order of operations
//
// At step t = 0 … T-1, with x_t the state before the step:
//
//  1. E_t and ∂E/∂x at x_t
//  2. the convergence test and the recorder see x_t
//  3. x_{t+1} = x_t - γ_t·∂E/∂x   (all activities at once, from the same gradient)
//  4. γ_{t+1} from E_t, E_{t-1} and γ_t
//
// After the last step the final state x_T is evaluated once more, so that [Result]
// describes the final state of the activities; [Settings.SkipFinal] saves that
// evaluation.
//
// # How a relaxation ends
//
// [Status] says how it ended. Ending early is not an error: a run that used up its
// steps returns StepLimit and no error. Errors are reserved for runs whose activities
// must not be used to change a weight: a NaN or an infinity ([NonFiniteError]), a
// failing problem, a cancelled context.
//
// The same settings on the same values give the same bits.
//
// The default protocol (Euler, a fixed number of steps, one step size for the whole
// batch, discounted when the energy did not fall) is from Song, Millidge, Salvatori,
// Lukasiewicz, Xu and Bogacz, "Inferring neural activity before plasticity as a
// foundation for learning beyond backpropagation", Nature Neuroscience 2024, Methods.
package relax
