import ArgumentParser
import MigrationPlan

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that speaks against a plan, its databases and their data, before anything runs.",
        discussion: """
            Reads both databases and changes neither. All findings come at once, each with its line in the plan and \
            what to do; where a database can't be reached, the plan alone is judged. Then rows, bytes and time per \
            entity, as far as one slot is concerned.

            EXAMPLES
              godwit check --plan plan.yaml
              godwit check --plan plan.yaml --no-data
              godwit check --plan plan.yaml --json | jq '.findings[] | select(.severity == "error")'

            EXIT STATUS
               0 the plan may run
              64 GODWIT_SOURCE or GODWIT_TARGET can't be used
              65 the plan is invalid
              69 a database can't be reached
            """
    )

    @OptionGroup var plan: PlanOptions

    @Flag(help: "Leave out the queries over whole tables: duplicate keys, losers of unique rules.")
    var noData = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let examination = PlanExamination(databases: self.databases, applicationName: "godwit check")
            let examined = await examination.examine(path: self.plan.plan, readsData: !self.noData, judgesOwner: true)
            let report = CheckReport(examined)
            if self.output.json {
                try JSONOutput.print(report)
            } else {
                StandardOutput.write(report.text(findings: examined.report))
            }
            if examined.status != .done { throw examined.status.code }
        }
    }
}
