import ArgumentParser
import MigrationPlan

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Run a plan from beginning to end with a coordinator and local workers.",
        discussion: """
            Starts a coordinator and N workers as processes of their own on this machine and waits for the end. Started \
            again, it resumes the plan's unfinished run; where that has paused itself it says why and leaves. More workers may join \
            from other hosts at any time.

            When the run pauses itself, `migrate` says why and waits with the source's snapshot for `godwit resume` from \
            another terminal. In a script --leave-when-paused ends it with 75.

            The first TERM, INT or HUP lets the running shards of the local workers finish (at most 10 seconds) and \
            leaves the run to be resumed; the second rolls them back. QUIT ends every local process at once. A local worker \
            that does not leave 15 seconds after the end, because it is stopped, is killed; what it held is granted again.

            EXAMPLES
              godwit migrate --plan plan.yaml --workers 4
              godwit migrate --plan plan.yaml --workers 2 --slots 4 --progress plain --log-format json

            EXIT STATUS
               0 done
               1 failed
               2 finished, but with failed shards, too many rejects, two snapshots, or indexes still off
              65 the plan is invalid
              69 a database can't be reached, or another coordinator leads
              75 told to leave or paused; resume
              77 the role of GODWIT_TARGET may not
            """
    )

    @Option(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String

    @OptionGroup var pool: PoolOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions
    @OptionGroup var logs: LogOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let plan = try PlanFile.load(self.plan)
            let pool = try RunPool(
                task: .plan(path: self.plan, name: plan.name),
                options: self.pool,
                databases: self.databases,
                logs: self.logs,
                json: self.output.json
            )
            try await pool.run()
        }
    }
}
