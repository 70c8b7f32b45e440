import ArgumentParser
import Messaging

struct GenerateKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make a key pair: NAME.key (secret, mode 0600) and NAME.pub.",
        discussion: """
            A worker's key may serve all workers of a host: they are called NAME or NAME-something. Files that are there \
            already are never overwritten.

            EXAMPLES
              godwit keys generate --coordinator
              godwit keys generate --worker rack-1 --directory /etc/godwit/keys

            EXIT STATUS
               0 made
              64 usage
              77 the directory is open to others, or the files are there already
            """
    )

    @Flag(help: "The coordinator's pair: coordinator.key and coordinator.pub.")
    var coordinator = false

    @Option(help: ArgumentHelp("A worker's or a worker host's pair.", valueName: "name"))
    var worker: String?

    @Option(
        help: ArgumentHelp("Where to write; made with mode 0700 (default: ~/.godwit/keys).", valueName: "directory")
    )
    var directory: String?

    func validate() throws {
        guard self.coordinator != (self.worker != nil) else {
            throw ValidationError("give either --coordinator or --worker NAME")
        }
        if let worker = self.worker { try validateKeyName(worker) }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let name = self.worker ?? KeyFile.coordinatorName
            let paths = try KeyFile.generate(name, in: self.directory ?? KeyDirectory.standard)
            StandardOutput.write("\(paths.secret)\n\(paths.public)\n")
        }
    }
}
