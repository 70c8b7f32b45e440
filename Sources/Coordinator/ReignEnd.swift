/// How a coordinator's reign ended.
enum ReignEnd: Sendable, Equatable {
    /// The run has ended, or the process was told to leave.
    case left(RunSummary)
    /// Another coordinator leads now; the reason as the operator reads it.
    case deposed(String)
}
