/// Adds up the time of a shard by stage.
struct StageClock {
    var read = Duration.zero
    var transform = Duration.zero
    var write = Duration.zero
    var commit = Duration.zero

    /// Runs `body` and adds its duration to a stage.
    mutating func time<Result: ~Copyable, Failure: Error>(
        _ stage: WritableKeyPath<Self, Duration>,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { self[keyPath: stage] += ContinuousClock.now - start }
        return try body()
    }
}
