import ArgumentParser
import MigrationPlan

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract:
            "Show what a plan would do: phases, order, dependencies, second passes, complexity, shards and estimates.",
        discussion: """
            Reads both databases for the estimates and changes neither; without them it shows what the file alone says.

            EXAMPLES
              godwit plan --plan plan.yaml
              godwit plan --plan plan.yaml --graph mermaid
              godwit plan --plan plan.yaml --graph dot | dot -Tsvg > plan.svg

            EXIT STATUS
               0 shown, with estimates where the databases could be read
              65 the plan is invalid
            """
    )

    @OptionGroup var plan: PlanOptions

    @Option(help: ArgumentHelp("Draw the dependencies instead: mermaid or dot. Needs no database.", valueName: "form"))
    var graph: GraphForm?

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    enum GraphForm: String, ExpressibleByArgument, CaseIterable {
        case mermaid
        case dot
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let plan = try PlanFile.load(self.plan.plan)
            let graph = DependencyGraph(of: plan)
            if let form = self.graph {
                StandardOutput.write(form == .mermaid ? GraphRenderer.mermaid(graph) : GraphRenderer.dot(graph))
                return
            }
            let examination = PlanExamination(databases: self.databases, applicationName: "godwit plan")
            let examined = await examination.examine(path: self.plan.plan, readsData: false)
            let outline = PlanOutline(plan, graph, examined)
            if self.output.json {
                try JSONOutput.print(outline)
            } else {
                StandardOutput.write(outline.text)
            }
            if examined.status == .invalidPlan { throw examined.status.code }
        }
    }
}
