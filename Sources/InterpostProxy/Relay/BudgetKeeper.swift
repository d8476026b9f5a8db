import InterpostCore
import Synchronization

/// What all clients of a program have done, counted over their sessions on all event loops.
final class BudgetKeeper: Sendable {
    private let book = Mutex(BudgetBook())

    func spend(_ request: BudgetRequest, of client: String, at time: WireTime) -> BudgetVerdict {
        book.withLock { $0.spend(request, of: client, at: time) }
    }

    func settle(_ settlement: BudgetSettlement, of client: String, at time: WireTime) {
        book.withLock { $0.settle(settlement, of: client, at: time) }
    }
}
