"""CSI driver `btrfs.csi.local`: volumes and real snapshots for the local cluster and the tests.

A volume is a subvolume of one btrfs, the pool (pool.py), which lies in a sparse file on this machine. Each node runs
one driver process over that same pool, so that volumes behave like storage on a network: a pod moves to another
node with its data. A snapshot is a read-only subvolume: atomic, taken in some 50 ms whatever its size, and copied
only where one side writes. It holds every write that was synced before, so that a database recovers from it.

    python -m ci.csi --node NAME --kubelet-root DIR --pool DIR    serves and registers with that node's kubelet
    python -m ci.csi --socket PATH --pool DIR                     serves the sidecars only, whatever becomes of nodes

It needs root, btrfs-progs and util-linux, and a kernel with btrfs and loop devices. The driver must run in the
mount namespace of the kubelet; the network namespace does not matter.

**Modules.** model.py: volumes, snapshots and sizes as values. records.py: the JSON files that remember them.
storage.py: what is done to the pool, in an order that survives a kill anywhere. controller.py, node.py, identity.py,
registration.py: the gRPC services, on messages that protos.py has compiled from the modules that publish them.

**Sizes** are limits of quota groups on what a volume refers to. A full volume answers EDQUOT (a disk would answer
ENOSPC), and statfs in a pod shows the whole pool, because btrfs knows no better; kubelet_volume_stats_* are right.
The full kind of quota groups is used and not the simple one: a simple group charges a volume for every block that it
ever wrote and that some snapshot still holds, so that backups would fill a database's disk, and charges a restored
volume nothing. Measured with six snapshots and small synced writes, the full kind costs nothing in a write's median
and 50 to 200 ms more in a snapshot.

**Sidecars** that the cluster runs beside it, with an administrator's kubeconfig (so there are no RBAC objects here),
each under a supervisor, because they end when the driver's socket goes:

    csi-provisioner      --csi-address=unix:///SOCKET --kube-api-qps=200 --kube-api-burst=400 --timeout=60s
    csi-snapshotter      --csi-address=unix:///SOCKET --kube-api-qps=200 --kube-api-burst=400 --timeout=60s
    csi-resizer          --csi-address=unix:///SOCKET --kube-api-qps=200 --kube-api-burst=400   (claims that grow)
    snapshot-controller  --kube-api-qps=200 --kube-api-burst=400 --feature-gates=CSIVolumeGroupSnapshot=false

With the default of 5 requests a second a snapshot takes seconds to be ready; without the last flag the controller
waits 30 s for CRDs that are not there. Nothing is attached (csidriver.yaml), so there is no csi-attacher, and the
driver registers itself, so there is no node-driver-registrar. `--retry-interval-start=200ms` and
`--retry-interval-max=5s` let all four recover quickly from a fault.

**Manifests** (manifests/): the CSIDriver, the default StorageClass and the default VolumeSnapshotClass, which needs
the CRDs of external-snapshotter.
"""

__version__ = "0.1.0"
