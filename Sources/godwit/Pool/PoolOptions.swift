import ArgumentParser

/// How many local workers a command starts, and how it shows what they do.
struct PoolOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Local worker processes.", valueName: "n"))
    var workers = 2

    @Option(help: ArgumentHelp("Shards each worker works on at once.", valueName: "n"))
    var slots = 2

    @Flag(help: "Leave with status 75 when the run pauses itself; what is left is then read under a second snapshot.")
    var leaveWhenPaused = false

    @Option(help: ArgumentHelp("auto (a display on a terminal, else lines), plain or off.", valueName: "mode"))
    var progress: ProgressMode = .auto

    func validate() throws {
        guard (0...256).contains(self.workers) else { throw ValidationError("--workers must be between 0 and 256") }
        guard (1...256).contains(self.slots) else { throw ValidationError("--slots must be between 1 and 256") }
    }
}
