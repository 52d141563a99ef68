#include "core/log/redaction_record.h"

#include <string>

#include "core/base/wire.h"
#include "core/log/damage.h"
#include "core/log/tail/value.h"
#include "core/log/witness_log_impl.h"

namespace refold::log {
namespace {

Bytes encode_seqs(std::span<const Seq> seqs) {
  Bytes value;
  put_varint(value, seqs.size());
  Seq before = 0;
  for (const Seq seq : seqs) {
    put_varint(value, seq - before);
    before = seq;
  }
  return value;
}

bool decode_seqs(ByteView value, std::vector<Seq>& seqs) {
  WireReader in(value);
  const std::uint64_t count = in.varint();
  Seq seq = 0;
  for (std::uint64_t index = 0; index < count && !in.failed(); ++index) {
    seq += in.varint();
    seqs.push_back(seq);
  }
  return in.finished();
}

std::string range_key(std::uint64_t epoch) {
  return std::string(meta_key::redaction) + std::to_string(epoch);
}

Bytes encode(const RedactionRange& range) {
  Bytes value;
  put_fixed(value, range.first);
  put_fixed(value, range.last);
  value.push_back(range.finished ? 1 : 0);
  return value;
}

Result<std::optional<RedactionRange>> read_range(MDB_txn* txn, const TailEnv& env,
                                                 std::uint64_t epoch) {
  const std::string key = range_key(epoch);
  const std::string what = env.file().native() + ": " + key;
  REFOLD_TRY(const auto value, get_value(txn, env.databases().meta, what, bytes_of(key)));
  if (!value) return std::optional<RedactionRange>();
  WireReader in(*value);
  RedactionRange range;
  range.first = in.fixed<Seq>();
  range.last = in.fixed<Seq>();
  range.finished = in.fixed<std::uint8_t>() == 1;
  if (!in.finished()) return damaged(what, "it is malformed");
  return std::optional<RedactionRange>(range);
}

}  // namespace

Result<std::vector<Seq>> pending_redaction(WitnessLog::Impl& log) {
  std::vector<Seq> seqs;
  REFOLD_TRY(const TailReadTxn txn, log.tail->read());
  const std::string what = txn.env().file().native() + ": pending redaction";
  REFOLD_TRY(const auto value,
             get_value(txn.get(), txn.databases().meta, what, bytes_of(meta_key::pending)));
  if (value && !decode_seqs(*value, seqs)) return damaged(what, "it is malformed");
  return seqs;
}

Result<void> begin_redaction(WitnessLog::Impl& log, std::span<const Seq> seqs) {
  REFOLD_TRY(TailWriteTxn txn, log.tail->write());
  const MDB_dbi meta = txn.databases().meta;
  const RedactionRange range{seqs.front(), txn.state.last, false};
  int code =
      put_value(txn.get(), meta, bytes_of(range_key(++txn.state.redaction_epoch)), encode(range));
  if (code == 0) {
    code = put_value(txn.get(), meta, bytes_of(meta_key::pending), encode_seqs(seqs));
  }
  if (code != 0) return txn.fail("record a redaction in", code);
  return txn.commit("record a redaction in");
}

Result<void> end_redaction(WitnessLog::Impl& log) {
  // Nobody else writes: a redaction holds the locks of all who do.
  std::vector<std::pair<std::uint64_t, RedactionRange>> unfinished;
  {
    REFOLD_TRY(const TailReadTxn txn, log.tail->read());
    for (std::uint64_t epoch = txn.state().redaction_epoch; epoch > 0; --epoch) {
      REFOLD_TRY(auto range, read_range(txn.get(), txn.env(), epoch));
      if (!range || range->finished) break;
      range->finished = true;
      unfinished.emplace_back(epoch, *range);
    }
  }
  REFOLD_TRY(TailWriteTxn txn, log.tail->write());
  const MDB_dbi meta = txn.databases().meta;
  MDB_val key = to_value(bytes_of(meta_key::pending));
  int code = mdb_del(txn.get(), meta, &key, nullptr);
  if (code == MDB_NOTFOUND) code = 0;
  for (const auto& [epoch, range] : unfinished) {
    if (code == 0) code = put_value(txn.get(), meta, bytes_of(range_key(epoch)), encode(range));
  }
  if (code != 0) return txn.fail("finish a redaction in", code);
  return txn.commit("finish a redaction in");
}

Result<std::optional<RedactionRange>> WitnessLog::redaction(std::uint64_t epoch) const {
  REFOLD_TRY(const TailReadTxn txn, impl_->tail->read());
  return read_range(txn.get(), txn.env(), epoch);
}

}  // namespace refold::log
