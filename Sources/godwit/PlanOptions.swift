import ArgumentParser

/// The plan file that a command is about.
struct PlanOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String
}
