"""FabricPC, by its public functions: graph, InferenceSGD, make_train_step, with predictive coding or its backprop.

Its own node types put the value node after the activation function, the cases before it, so each prediction is a node type of
ours with the same JAX expression as in jax_networks.py, by the way that its guide gives for own nodes (a subclass of NodeBase
with predict). Its training step is compiled once more with the buffers of parameters and optimizer donated and the final state
dropped, which is what its train function does. It averages gradients over the predictions; optax.scale undoes that."""

from cases import STEP
from worker import serve


def make(case, rule, threads, scan):
    import fabricpc
    import jax
    import jax.numpy as jnp
    import optax
    from fabricpc.core.energy import CrossEntropyEnergy, GaussianEnergy
    from fabricpc.core.inference import InferenceSGD
    from fabricpc.core.topology import Edge
    from fabricpc.core.types import GraphParams, NodeParams
    from fabricpc.graph_assembly import TaskMap, graph
    from fabricpc.nodes import IdentityNode
    from fabricpc.nodes.base import NodeBase, SlotSpec
    from fabricpc.training import make_train_step

    from jax_networks import Network

    def node(f, output):
        """A node type of prediction f."""

        class Prediction(NodeBase):
            @staticmethod
            def get_slots():
                return {"in": SlotSpec(name="in", is_multi_input=False)}

            @staticmethod
            def initialize_params(key, node_shape, input_shapes, weight_init, config=None):
                return NodeParams(weights={}, biases={})  # they are loaded

            @staticmethod
            def predict(params, inputs, state, node_info):
                (x,) = inputs.values()
                mu = f(params.weights, x)
                if output:  # its cross-entropy wants probabilities
                    mu = jax.nn.softmax(mu)
                return mu, mu

        return Prediction

    class Peer:
        def load(self, weights, x, y):
            self.net = net = Network(case, weights)
            if case["kind"] == "transformer":  # it differentiates in the symbols too, so they have to be real numbers
                table = net.predictions[0]
                net.predictions[0] = lambda p, x: table(p, x.astype(jnp.int32))
            batches = [(x.astype("float32"), t) for x, t in (net.batch(*b) for b in zip(x, y))]
            self.batches = [dict(x=jnp.asarray(x), y=jnp.asarray(t)) for x, t in batches]
            parameters = net.parameters(weights)
            nodes, h = [IdentityNode(shape=batches[0][0].shape[1:], name="x")], jnp.asarray(batches[0][0])
            for (name, _), f, p in zip(net.names, net.predictions, parameters):
                h = jax.eval_shape(f, p, h)
                ce = case["kind"] == "transformer" and name == "y"
                energy = CrossEntropyEnergy() if ce else GaussianEnergy()
                nodes.append(node(f, ce)(shape=h.shape[1:], name=name, energy=energy))
            self.structure = graph(
                nodes=nodes,
                edges=[Edge(source=a, target=b.slot("in")) for a, b in zip(nodes, nodes[1:])],
                task_map=TaskMap(x=nodes[0], y=nodes[-1]),
                inference=InferenceSGD(eta_infer=STEP, infer_steps=case["steps"]),
            )
            t = batches[0][1]
            self.count = t.size // t.shape[-1]  # predictions, over which it averages
            optimizer = optax.sgd(case["rate"]) if case["optimizer"] == "sgd" else optax.adam(case["rate"])
            self.optimizer = optax.chain(optax.scale(self.count), optimizer)
            self.step = self.compiled(self.optimizer)
            self.first = parameters
            self.p = self.graph(net.parameters(weights))
            self.state = self.optimizer.init(self.p)
            self.key = jax.random.PRNGKey(0)
            self.next = 0

        def compiled(self, optimizer):
            step = make_train_step(self.structure, optimizer, algorithm="pc" if rule == "pc" else "backprop")
            return jax.jit(lambda p, s, b, key: step(p, s, b, key)[:2], donate_argnums=(0, 1))

        def graph(self, parameters):
            nodes = {name: NodeParams(weights=p, biases={}) for (name, _), p in zip(self.net.names, parameters)}
            return GraphParams(nodes={"x": NodeParams(weights={}, biases={})} | nodes)

        def arrays(self, p):
            return self.net.weights([p.nodes[name].weights for name, _ in self.net.names])

        def update(self, count):
            for _ in range(count):
                self.p, self.state = self.step(self.p, self.state, self.batches[self.next], self.key)
                self.next = (self.next + 1) % len(self.batches)
            jax.block_until_ready(self.p)

        def weights(self):
            return self.arrays(self.p)

        def gradient(self):
            """From the state of an optimizer that keeps the gradient and moves nothing."""
            keep = optax.trace(decay=0.0)
            optimizer = optax.chain(optax.scale(self.count), keep, optax.scale(0.0))
            p = self.graph([dict(q) for q in self.first])
            _, state = self.compiled(optimizer)(p, optimizer.init(p), self.batches[0], self.key)
            return self.arrays(state[1].trace)

        def versions(self):
            return dict(fabricpc=fabricpc.__version__, jax=jax.__version__)

    return Peer()


if __name__ == "__main__":
    serve(make)
