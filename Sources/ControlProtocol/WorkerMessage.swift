/// What a worker says to the coordinator.
package enum WorkerMessage: Equatable, Sendable {
    case hello(Hello)
    case ping(Ping)
    case done(Done)
    case failed(Failed)
    case bye(Bye)
}

extension WorkerMessage: ProtocolMessage {
    package var typeName: String {
        switch self {
        case .hello: "HELLO"
        case .ping: "PING"
        case .done: "DONE"
        case .failed: "FAILED"
        case .bye: "BYE"
        }
    }

    package var body: any MessageBody {
        switch self {
        case .hello(let body): body
        case .ping(let body): body
        case .done(let body): body
        case .failed(let body): body
        case .bye(let body): body
        }
    }

    package init?(typeName: String, body: MessageReader) throws(ProtocolError) {
        switch typeName {
        case "HELLO": self = .hello(try body.read())
        case "PING": self = .ping(try body.read())
        case "DONE": self = .done(try body.read())
        case "FAILED": self = .failed(try body.read())
        case "BYE": self = .bye(try body.read())
        default: return nil
        }
    }
}
