import ArgumentParser
import ControlStore

/// Whether a command that gives a run more to do also does it, with a coordinator and workers of its own.
struct WorkOptions: ParsableArguments {
    @Flag(help: "Start no coordinator and no workers.")
    var noRun = false

    @OptionGroup var pool: PoolOptions
    @OptionGroup var logs: LogOptions

    /// Works on a run until its coordinator has left.
    ///
    /// - Throws: `CommandFailure` with the coordinator's exit status.
    func work(on run: RunRecord, databases: DatabaseOptions, json: Bool) async throws {
        let pool = try RunPool(
            task: .run(run.id),
            options: self.pool,
            databases: databases,
            logs: self.logs,
            json: json
        )
        try await pool.run()
    }
}
