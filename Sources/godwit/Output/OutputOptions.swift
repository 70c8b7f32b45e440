import ArgumentParser

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}
