#include "adapter/replay/world.hpp"

#include <string>

namespace healer::testing {

void live_through(Scene& scene) {
  for (int i = 0; i < 12; ++i) {
    Policy policy = Scene::policy();
    policy.retry.backoff_jitter = 0.25;
    if (i % 3 == 1) policy.dependencies.names = {"app" + std::to_string(i - 1)};
    if (i % 4 == 2) {
      policy.remedies.emplace_back();
      policy.remedies.back().kind = RemedyKind::Webhook;
      policy.remedies.back().url = Secret("https://hooks.example/" + std::to_string(i));
    }
    Box& box = scene.add("app" + std::to_string(i), policy);
    join_service(box.facts, "shop", box.facts.name);
    box.facts.engine_restarts.policy = i % 5 == 0 ? RestartPolicy::Always : RestartPolicy::No;
  }
  for (const char* child : {"app10", "app11"}) share_network(scene.box(child).facts, scene.box("app0").facts);
  scene.connect();
  scene.pass(1min);
  scene.box("app1").broken = true;
  scene.box("app2").hangs = true;
  scene.pass(5min);
  scene.crash(scene.box("app3"), 137, true);
  scene.crash(scene.box("app5"), 3);
  scene.pass(2min);
  scene.stop(scene.box("app4"));
  scene.pause(scene.box("app6"));
  scene.send(OperatorPause{"shop/app7/1", Duration{60'000}});
  // Checks are open and remedies under way when the engine is lost.
  for (const char* name : {"app0", "app7", "app8", "app9", "app10", "app11"}) scene.box(name).hangs = true;
  scene.pass_until([&scene] {
    unsigned open = 0;
    scene.core->each([&open](const Workload& workload) { open += workload.health.probe ? 1 : 0; });
    return open >= 3;
  });
  scene.lose_engine();
  scene.pass(40s);
  scene.connect();
  scene.pass(1min);
  scene.recreate(scene.box("app8"));
  scene.remove(scene.box("app9"));
  for (const char* name : {"app0", "app1", "app2", "app3", "app5", "app7", "app8"}) {
    scene.box(name).broken = true;
    scene.box(name).fixed_by_start = false;
  }
  scene.pass(20min);
  scene.shut_engine_down();
  scene.pass(30s);
  scene.connect();
  scene.start(scene.box("app4"));
  scene.unpause(scene.box("app6"));
  for (auto& [id, box] : scene.boxes) box->broken = box->hangs = false;
  scene.send(OperatorReset{"shop/app1/1"});
  scene.pass(1h);
}

}  // namespace healer::testing
