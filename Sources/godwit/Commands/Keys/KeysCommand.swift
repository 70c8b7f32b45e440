import ArgumentParser

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make CURVE keys, and say whose are let in.",
        discussion: """
            A coordinator with keys may listen on any address: messages are encrypted, and only workers whose public key \
            was authorised take part. Secret keys stay in files of mode 0600 on the host where they were made; only the \
            public ones (*.pub) travel, and by your hand, never over the connection they are to protect.

            EXAMPLES
              godwit keys generate --coordinator                          # on the coordinator's host
              godwit keys generate --worker rack-1                        # on a worker host
              godwit keys authorize rack-1 rack-1.pub
              godwit coordinator --plan plan.yaml --listen tcp://0.0.0.0:7400 --keys ~/.godwit/keys
              godwit worker --key ~/.godwit/keys/rack-1.key --coordinator-key coordinator.pub --name rack-1-a
            """,
        subcommands: [GenerateKeys.self, AuthorizeKey.self, RevokeKey.self, ListKeys.self]
    )
}
