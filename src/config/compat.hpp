#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// Reads COMPAT: "all", "none", or a list of autoheal, deunhealth and guide.
Applied read_compat(std::string_view text, CompatSettings& compat);
std::string show_compat(const CompatSettings& compat);

/// Takes over what docker-autoheal, its descendants and deunhealth are configured with. docs/migrating.md
/// holds the table.
///
/// A variable sets our own setting only where no file, flag or variable of ours does. Each recognised one is
/// noted once, in `settings.notes`, with what it does here, and what is made safer; secrets are not shown. A
/// value that its own tool could not have used either is an error.
void read_compat_variables(const Environment& environment, Settings& settings, ConfigErrors& errors);

/// The five lines that docker-autoheal prints when it starts, and the sixth where there is a start period.
std::vector<std::string> autoheal_greeting(const Environment& environment);

/// What the labels of other tools say of one container.
///
///   label                                      | means
///   -------------------------------------------+---------------------------------------------------------
///   autoheal=true (AUTOHEAL_CONTAINER_LABEL)   | opted in: its HEALTHCHECK is what counts, an exit is not
///   autoheal=false, False, no, 0, off          | opted out
///   autoheal.stop.timeout=SECONDS              | stop_timeout
///   autoheal.action=restart|stop|notify|none   | remedies; none: opted out
///   autoheal.notify=false                      | no notifications about it
///   autoheal.monitor.enable=true|false         | opted in or out
///   autoheal.restart.enable=false              | remedies: none
///   deunhealth.restart.on.unhealthy=true|false | as autoheal
///   deunhealth.restart.with.unhealthy.container=NAME | opted in, and depends_on NAME
class CompatLabels {
 public:
  explicit CompatLabels(const CompatSettings& compat) : compat_(compat) {}

  /// Whether a label of this name can have an effect.
  bool reads(std::string_view label) const;

  /// Puts them onto a policy that holds the defaults, before the container's own labels.
  void read(const std::map<std::string, std::string>& labels, Policy& policy,
            std::vector<LabelProblem>& problems);

  bool opted_in() const { return opted_in_; }
  bool opted_out() const { return opted_out_; }
  /// The label that opted it in; empty for AUTOHEAL_CONTAINER_LABEL=all.
  const std::string& opted_in_by() const { return opted_in_by_; }

  /// What took effect: the setting, and the label.
  using Applied = std::vector<std::pair<const Setting<Policy>*, std::string>>;
  const Applied& applied() const { return applied_; }

 private:
  void read_autoheal(const std::string& label, const std::string& value, Policy& policy,
                     std::vector<LabelProblem>& problems);
  void read_deunhealth(const std::string& label, const std::string& value, Policy& policy,
                       std::vector<LabelProblem>& problems);
  void opt(const std::string& label, bool in);
  void set(std::string_view key, const std::string& label, std::string_view shown, std::string_view text,
           Policy& policy, std::vector<LabelProblem>& problems);

  const CompatSettings& compat_;
  bool opted_in_ = false;
  bool opted_out_ = false;
  std::string opted_in_by_;
  Applied applied_;
};

/// The workload setting with this key.
const Setting<Policy>& workload_setting(std::string_view key);

}  // namespace healer
