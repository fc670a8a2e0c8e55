// Which probes count: the automatic selection among the ports, and the trust that a probe earns.
// HEALING.md 2.
#include <algorithm>

#include "core/host/host_contribution.hpp"
#include "core/workload/health.hpp"
#include "core/workload/out.hpp"
#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// A candidate that answered, but does not fit, is asked again this many intervals later.
constexpr int slower = 10;

bool passed(const WorkloadProbe& probe) {
  return probe.verdict && probe.verdict->outcome == Outcome::Pass;
}

bool failed(const WorkloadProbe& probe) {
  return probe.verdict && probe.verdict->outcome == Outcome::Fail;
}

/// The peer has said what it is. A refused connection may be a server that does not listen yet.
bool answered(const WorkloadProbe& probe) {
  if (probe.next_at == Instant::max() || passed(probe)) return true;
  if (!failed(probe)) return false;
  switch (probe.verdict->cause) {
    case Cause::Refused:
    case Cause::Reset:
    case Cause::ConnectTimeout:
    case Cause::AnswerTimeout:
      return false;
    default:
      return true;
  }
}

/// The same target without TLS.
TargetResolution over_plain(const TargetResolution& https) {
  HttpTarget target = std::get<HttpTarget>(*std::get<ProbeTargetPtr>(https.how));
  target.tls = false;
  TargetResolution plain = https;
  plain.kind = ProbeKind::Http;
  plain.text = to_string(ProbeKind::Http) + https.text.substr(std::string_view(to_string(https.kind)).size());
  plain.how = std::make_shared<const ProbeTarget>(std::move(target));
  return plain;
}

/// A definite answer of a server that has no such path, or wants something else first.
bool answered_otherwise(Cause cause) {
  return cause == Cause::Access || cause == Cause::NotFound || cause == Cause::Status;
}

}  // namespace

/// The failures of this probe count.
bool HealthMachine::counts(const WorkloadProbe& probe) const {
  return probe.trust != Trust::Unproven || w_.policy->unproven == UnprovenUse::Act;
}

/// Without a probe label: the ports that may answer, and the HEALTHCHECK. Once one port has been chosen, that
/// one; with a new image all are looked at again.
void HealthMachine::select_among(std::vector<WorkloadProbe>& found, const WorkloadProbe& like,
                                 const ProbeSpec& spec) const {
  const Container* network_parent = host_.networks.facts(w_.container.network_parent);
  const TrustedProbe* known = trusted(own_.trusted_probes, like.name, probe_fingerprint(spec));
  std::vector<TargetResolution> targets = candidate_targets(w_.container, spec, host_.probe_origin,
                                                            network_parent, w_.policy->effective_timeout());
  const auto is_chosen = [known](const TargetResolution& target) {
    return known != nullptr && known->port == target.port;
  };
  const bool there = std::any_of(targets.begin(), targets.end(), is_chosen);
  const Trust trust = there ? trust_of(known, w_.container.image_id) : Trust::Unproven;
  const std::size_t before = found.size();
  for (TargetResolution& target : targets) {
    WorkloadProbe probe = like;
    if (is_chosen(target)) {
      probe.resolution = chosen_target(w_.container, spec, *known, host_.probe_origin, network_parent);
      probe.trust = trust;
    } else if (trust == Trust::Proven) {
      continue;
    } else {
      probe.resolution = std::move(target);
      probe.trust = Trust::Unproven;
    }
    probe.candidate = trust != Trust::Proven;
    found.push_back(std::move(probe));
  }
  const bool has_check = w_.container.health != EngineHealth::None;
  if (!has_check && found.size() > before) return;
  WorkloadProbe last = like;
  last.resolution =
      has_check ? by_engine_health() : resolve_target(w_.container, spec, host_.probe_origin, network_parent);
  last.trust = Trust::Proven;
  found.push_back(std::move(last));
}

bool HealthMachine::is_due(const WorkloadProbe& probe) const {
  return std::holds_alternative<ProbeTargetPtr>(probe.resolution.how) && now_ >= probe.next_at;
}

/// Asks the port with TLS, or without, after what it said to the other one. True: the next check is another.
bool HealthMachine::change_protocol(WorkloadProbe& probe, const ProbeFacts& facts) const {
  const bool plain = probe.resolution.kind == ProbeKind::Http;
  if (!plain && probe.resolution.kind != ProbeKind::Https) return false;
  const auto change = [&] {
    probe.resolution = plain ? over_tls(probe.resolution) : over_plain(probe.resolution);
  };
  if (facts.protocol == (plain ? PeerProtocol::Tls : PeerProtocol::Http)) {
    change();
    probe.verdict.reset();  // it was about another protocol
    return true;
  }
  // Some servers close a connection that does not begin with TLS without a word. What has passed before with
  // this protocol is down rather than of another one.
  const bool silent = facts.end == ProbeEnd::Reset && facts.protocol == PeerProtocol::Unknown;
  const bool no_tls = !plain && facts.end == ProbeEnd::TlsFailed && facts.protocol != PeerProtocol::Tls;
  if (probe.trust == Trust::Provisional || !(silent || no_tls)) return false;
  change();
  if (failed(probe))
    std::get<CheckProblem>(probe.verdict->reason).asked_with = plain ? AskedWith::NoTls : AskedWith::Tls;
  return true;
}

/// When a candidate is asked next: a server of another protocol never again in this instance, one that has no
/// such path rarely. One whose failures count is asked at each interval.
void HealthMachine::note_candidate(WorkloadProbe& probe, const ProbeFacts& facts) {
  if (passed(probe) || change_protocol(probe, facts) || counts(probe)) return;
  if (facts.end == ProbeEnd::Malformed)
    probe.next_at = Instant::max();
  else if (!in_start_window() && failed(probe) && answered_otherwise(probe.verdict->cause))
    probe.next_at = now_ + slower * w_.policy->interval;
}

void HealthMachine::trust(WorkloadProbe& probe) {
  const std::string fingerprint = probe_fingerprint(spec_of(probe.spec, *w_.policy));
  std::erase_if(own_.trusted_probes, [&](const TrustedProbe& each) { return each.name == probe.name; });
  TrustedProbe now{probe.name, fingerprint, w_.container.image_id, {}, {}};
  if (probe.candidate) {
    now.kind = probe.resolution.kind;
    now.port = probe.resolution.port;
  }
  own_.trusted_probes.push_back(std::move(now));
  own_.unproven_notified.clear();
  probe.trust = Trust::Proven;
  out_.record_changed();
}

/// Of the candidates of one probe the lowest that passed stays, once no lower one can pass any more.
void HealthMachine::choose_among(unsigned spec) {
  const auto is_candidate = [spec](const WorkloadProbe& probe) {
    return probe.candidate && probe.spec == spec;
  };
  auto chosen = own_.probes.end();
  for (auto each = own_.probes.begin(); each != own_.probes.end(); ++each) {
    if (!is_candidate(*each)) continue;
    if (passed(*each) && (chosen == own_.probes.end() || each->trust == Trust::Provisional)) chosen = each;
    const bool open = !answered(*each) || (each->trust == Trust::Provisional && !passed(*each));
    // A lower port, or the one of before, may still answer.
    if (open && in_start_window() && (chosen == own_.probes.end() || each->trust == Trust::Provisional))
      return;
  }
  if (chosen == own_.probes.end()) return;
  trust(*chosen);
  chosen->candidate = false;
  chosen->resolution = chosen_target(w_.container, spec_of(spec, *w_.policy), own_.trusted_probes.back(),
                                     host_.probe_origin, host_.networks.facts(w_.container.network_parent));
  const bool several = std::count_if(own_.probes.begin(), own_.probes.end(), is_candidate) > 0;
  const std::string text = chosen->resolution.text;
  std::erase_if(own_.probes, is_candidate);
  if (own_.listens_to_engine()) note_engine_health(w_.container.health);
  if (several) out_.log(LogLevel::Info, fact::ProbeProven{text, true});
}

/// After a round: probes that passed are trusted from now on.
void HealthMachine::trust_passed() {
  if (w_.policy->unproven == UnprovenUse::Act) return;
  for (WorkloadProbe& probe : own_.probes)
    if (!probe.candidate && probe.trust != Trust::Proven && passed(probe)) trust(probe);
  const bool choosing = std::any_of(own_.probes.begin(), own_.probes.end(),
                                    [](const WorkloadProbe& probe) { return probe.candidate; });
  if (!choosing) return;
  const auto specs = static_cast<unsigned>(w_.policy->named_probes.size() + 1);
  for (unsigned spec = 0; spec < specs; ++spec) choose_among(spec);
}

/// Nothing of it has ever passed, so the failures say more about the configuration than about the container.
Verdict HealthMachine::unproven_verdict() const {
  reason::Checks tried;
  for (const WorkloadProbe& probe : own_.probes) {
    if (!failed(probe) || counts(probe)) continue;
    tried.probes.push_back({probe.resolution.text, problem_of(*probe.verdict)});
  }
  return {Outcome::Unknown, Cause::Unproven, std::move(tried)};
}

std::string HealthMachine::unproven_fingerprint() const {
  for (const WorkloadProbe& probe : own_.probes)
    if (failed(probe) && !counts(probe)) return probe_fingerprint(spec_of(probe.spec, *w_.policy));
  return {};
}

/// Operators are notified once of a configuration that has never passed.
void HealthMachine::report_unproven() {
  if (own_.in_start_period(now_) || in_start_window() || own_.uses_engine_health()) return;
  // While what it depends on is not ready, its failures say nothing of its own configuration.
  const auto not_ready = [this](const std::string& key) {
    const Workload* other = host_.find(key);
    return other != nullptr && not_ready_reason(*other, now_) != NotReady::None;
  };
  if (host_.graph.failing_root(w_.key, not_ready)) return;
  const std::string fingerprint = unproven_fingerprint();
  if (fingerprint.empty() || fingerprint == own_.unproven_notified) return;
  own_.unproven_notified = fingerprint;
  out_.record_changed();
  out_.report(finding::ProbeUnproven{unproven_verdict().reason});
}

}  // namespace healer
