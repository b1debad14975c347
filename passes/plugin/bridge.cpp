// An mlir::Pass made from the plain description in bridge.h. The only C++ of
// the project, and no logic in it.
#include "bridge.h"

#include "mlir/CAPI/IR.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/IntrusiveRefCntPtr.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace llvm {
// Where -info-output-file points. LLVM declares it in no header: those who use
// it, MLIR's report of statistics among them, declare it themselves.
std::unique_ptr<raw_ostream> CreateInfoOutputFile();
} // namespace llvm

namespace {

// One option in the form that its kind asks for; the other pointers are null.
struct OptionSlot {
  std::unique_ptr<mlir::Pass::Option<std::string>> text;
  std::unique_ptr<mlir::Pass::Option<int64_t>> number;
  std::unique_ptr<mlir::Pass::Option<bool>> flag;
};

// The statistics of a pass and of its copies for other threads. MLIR's own are
// compiled out of libraries built without assertions, Debian's included: they
// count nothing and print nothing. These follow the same command-line flag,
// file and format, and print when the pass manager goes, right below the
// heading that it has just printed.
class Counters : public llvm::ThreadSafeRefCountedBase<Counters> {
public:
  explicit Counters(const tess_pass_t &pass)
      : descriptor(pass), values(countRows(pass.statistics)) {}

  ~Counters() {
    const auto &flags = llvm::cl::getRegisteredOptions();
    auto flag = flags.find("mlir-pass-statistics");
    if (ran && flag != flags.end() && flag->second->getNumOccurrences() > 0)
      print(*llvm::CreateInfoOutputFile());
  }

  void add(llvm::StringRef name, uint64_t amount) {
    for (size_t i = 0; i < values.size(); ++i)
      if (name == descriptor.statistics[i].name)
        values[i] += amount;
  }

  void begin() { ran = true; }

private:
  static size_t countRows(const tess_pass_statistic_t *rows) {
    size_t count = 0;
    while (rows[count].name)
      ++count;
    return count;
  }

  void print(llvm::raw_ostream &out) const {
    out << '\'' << descriptor.argument << "'\n";
    for (size_t i = 0; i < values.size(); ++i)
      out << llvm::formatv("  (S) {0,8} {1,-16} - {2}\n", values[i].load(),
                           descriptor.statistics[i].name,
                           descriptor.statistics[i].help);
  }

  const tess_pass_t &descriptor;
  std::vector<std::atomic<uint64_t>> values;
  std::atomic<bool> ran{false};
};

class BridgePass : public mlir::Pass {
public:
  // The descriptor's address is the pass's identity: it is unique and lives as
  // long as the process.
  BridgePass(const tess_pass_t &pass, llvm::IntrusiveRefCntPtr<Counters> counts)
      : Pass(mlir::TypeID::getFromOpaquePointer(&pass)), descriptor(pass),
        counters(std::move(counts)) {
    for (const tess_pass_option_t *row = pass.options; row->name; ++row)
      options.push_back(makeOption(*row));
  }

  llvm::StringRef getName() const override { return descriptor.argument; }
  llvm::StringRef getArgument() const override { return descriptor.argument; }
  llvm::StringRef getDescription() const override { return descriptor.summary; }

  void getDependentDialects(mlir::DialectRegistry &registry) const override {
    descriptor.dialects(wrap(&registry));
  }

  bool canScheduleOn(mlir::RegisteredOperationName name) const override {
    for (const char *const *anchor = descriptor.anchors; *anchor; ++anchor)
      if (name.getStringRef() == *anchor)
        return true;
    return false;
  }

  // The pass manager copies the option values afterwards.
  std::unique_ptr<Pass> clonePass() const override {
    return std::make_unique<BridgePass>(descriptor, counters);
  }

  void runOnOperation() override {
    counters->begin();
    changed = false;
    descriptor.execute(reinterpret_cast<tess_pass_run_t *>(this),
                       wrap(getOperation()));
    if (!changed)
      markAllAnalysesPreserved();
  }

  const OptionSlot &option(const char *name) const {
    for (size_t i = 0; i < options.size(); ++i)
      if (llvm::StringRef(descriptor.options[i].name) == name)
        return options[i];
    llvm_unreachable("option is not in the pass's table");
  }

  void count(const char *statistic, int64_t amount) {
    counters->add(statistic, static_cast<uint64_t>(amount));
  }

  void emit(mlir::DiagnosticSeverity severity, mlir::Location location,
            const char *message) {
    getContext().getDiagEngine().emit(location, severity) << message;
    if (severity == mlir::DiagnosticSeverity::Remark)
      mlir::remark::analysis(
          location,
          mlir::remark::RemarkOpts::name(getName()).category(getName()))
          << message;
  }

  void explain(mlir::Location location, const tess_pass_reason_t &reason) {
    if (reason.done)
      getContext().getDiagEngine().emit(location,
                                        mlir::DiagnosticSeverity::Remark)
          << reason.message;
    auto about = mlir::remark::RemarkOpts::name(reason.name)
                     .category(getName())
                     .function(reason.function);
    mlir::remark::detail::InFlightRemark remark =
        reason.done ? mlir::remark::passed(location, about)
                    : mlir::remark::missed(location, about);
    if (!remark)
      return;
    remark << reason.message;
    for (size_t i = 0; i < reason.fact_count; ++i)
      remark << mlir::remark::metric(reason.facts[i].key,
                                     std::string(reason.facts[i].text));
  }

  bool isHeard() { return getContext().getRemarkEngine() != nullptr; }

  void fail() { signalPassFailure(); }

  void change() { changed = true; }

private:
  OptionSlot makeOption(const tess_pass_option_t &row) {
    OptionSlot slot;
    llvm::cl::desc help(row.help);
    switch (row.kind) {
    case TESS_OPTION_STRING:
      slot.text = std::make_unique<Option<std::string>>(
          *this, row.name, help, llvm::cl::init(std::string(row.text)));
      break;
    case TESS_OPTION_INT:
      slot.number = std::make_unique<Option<int64_t>>(
          *this, row.name, help, llvm::cl::init(row.number));
      break;
    case TESS_OPTION_BOOL:
      slot.flag = std::make_unique<Option<bool>>(
          *this, row.name, help, llvm::cl::init(row.number != 0));
      break;
    }
    return slot;
  }

  const tess_pass_t &descriptor;
  std::vector<OptionSlot> options;
  llvm::IntrusiveRefCntPtr<Counters> counters;
  bool changed = false;
};

BridgePass &passOf(tess_pass_run_t *run) {
  return *reinterpret_cast<BridgePass *>(run);
}

const OptionSlot &optionOf(const tess_pass_run_t *run, const char *name) {
  return reinterpret_cast<const BridgePass *>(run)->option(name);
}

} // namespace

void tess_pass_register(const tess_pass_t *pass) {
  mlir::registerPass([pass] {
    return std::make_unique<BridgePass>(
        *pass, llvm::makeIntrusiveRefCnt<Counters>(*pass));
  });
}

const char *tess_pass_string(const tess_pass_run_t *run, const char *name) {
  return optionOf(run, name).text->getValue().c_str();
}

int64_t tess_pass_int(const tess_pass_run_t *run, const char *name) {
  return optionOf(run, name).number->getValue();
}

bool tess_pass_bool(const tess_pass_run_t *run, const char *name) {
  return optionOf(run, name).flag->getValue();
}

bool tess_pass_given(const tess_pass_run_t *run, const char *name) {
  const OptionSlot &slot = optionOf(run, name);
  return slot.text     ? slot.text->hasValue()
         : slot.number ? slot.number->hasValue()
                       : slot.flag->hasValue();
}

void tess_pass_count(tess_pass_run_t *run, const char *statistic,
                     int64_t amount) {
  passOf(run).count(statistic, amount);
}

void tess_pass_emit(tess_pass_run_t *run, tess_severity_t severity,
                    MlirLocation location, const char *message) {
  static constexpr mlir::DiagnosticSeverity severities[] = {
      mlir::DiagnosticSeverity::Error, mlir::DiagnosticSeverity::Warning,
      mlir::DiagnosticSeverity::Note, mlir::DiagnosticSeverity::Remark};
  passOf(run).emit(severities[severity], unwrap(location), message);
}

void tess_pass_explain(tess_pass_run_t *run, MlirLocation location,
                       const tess_pass_reason_t *reason) {
  passOf(run).explain(unwrap(location), *reason);
}

bool tess_pass_is_heard(tess_pass_run_t *run) { return passOf(run).isHeard(); }

void tess_pass_change(tess_pass_run_t *run) { passOf(run).change(); }

void tess_pass_fail(tess_pass_run_t *run) { passOf(run).fail(); }
