#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// Where the message of an incident is. "C123ABC456 1503435956.000247", and the notification whose reply is
/// posted while the message itself is not up to date yet.
struct SlackThread {
  std::string channel;
  std::string ts;
  std::uint64_t replied = 0;
  bool operator==(const SlackThread&) const = default;
};

/// As a receipt, and back; nothing for what is none.
std::string slack_receipt(const SlackThread& thread);
std::optional<SlackThread> slack_thread(const std::string& receipt);

/// What Slack's Web API said: HTTP says 200 to nearly all, "ok" and "error" say the rest. Limits, outages and
/// migrations are tried again, everything else is refused.
struct SlackReply {
  Sent sent;
  std::string error;   ///< "channel_not_found"; empty: ok, or no answer of Slack's
  SlackThread thread;  ///< of a message that was posted
};
SlackReply slack_reply(Result<net::CurlAnswer> answer, const Secret& token);

/// A Slack app's bot (scope chat:write). The first notification of an incident is a message; later ones are
/// replies in its thread, and the message itself then shows the newest state:
///
///   receipt                       | done                                     | then the receipt is
///   ------------------------------+------------------------------------------+--------------------------
///   none                          | chat.postMessage                         | channel, ts
///   channel, ts                   | chat.postMessage with thread_ts          | channel, ts, notification
///   channel, ts, the notification | chat.update (the reply is there already) | channel, ts
///
/// The thread is gone (deleted, archived): a new message, a new thread. The message cannot be updated: left
/// as it is, the reply has notified. Killed between Slack's answer and the record of it: a second message, or
/// a second reply.
///
/// Both requests together are made within the channel's timeout.
Result<std::unique_ptr<Notifier>> make_slack_bot_notifier(HttpChannel channel,
                                                          const SlackBotChannel& settings);

}  // namespace healer
