import ArgumentParser

/// How a command that waits shows what goes on.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
    case auto
    case plain
    case off
}
